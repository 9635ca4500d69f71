select
    account,
    template_id,
    is_development,
    created_day as day,
    count(*) as notifications,
    {{ omnimessages.count_of('is_sent') }} as sent,
    {{ omnimessages.count_of('is_delivered') }} as delivered,
    {{ omnimessages.count_of('is_seen') }} as seen,
    {{ omnimessages.count_of('stars is not null') }} as rated,
    {{ omnimessages.count_of('is_failed') }} as failed,
    {{ omnimessages.count_of('is_charged') }} as charged,
    cast(sum(cost_vnd) as {{ dbt.type_bigint() }}) as cost_vnd,
    cast(coalesce(sum(stars), 0) as {{ dbt.type_bigint() }}) as stars,
    {{ omnimessages.rounded('avg(stars)') }} as average_stars,
    {{ omnimessages.rounded(omnimessages.median_of('minutes_to_delivery')) }} as median_minutes_to_delivery
from {{ ref('zns_notifications') }}
group by account, template_id, is_development, created_day
