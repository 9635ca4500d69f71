-- Why do notifications fail, and what helps?
select
    error_code,
    error_cause,
    error_what_to_do,
    count(*) as notifications
from {{ ref('zns_notifications') }}
where is_failed
group by 1, 2, 3
order by 4 desc, 1
