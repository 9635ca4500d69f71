-- Of each template's notifications, how many were sent, delivered, seen and rated?
select
    template_id,
    sum(notifications) as notifications,
    sum(sent) as sent,
    sum(delivered) as delivered,
    sum(seen) as seen,
    sum(rated) as rated
from {{ ref('zns_template_daily') }}
where not is_development
group by 1
order by 1
