-- What did the notifications of each month cost?
select
    cast({{ dbt.date_trunc('month', 'created_day') }} as date) as month,
    {{ omnimessages.count_of('is_charged') }} as charged,
    sum(cost_vnd) as cost_vnd
from {{ ref('zns_notifications') }}
group by 1
order by 1
