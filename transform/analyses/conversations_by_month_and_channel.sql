-- How many conversations did each channel open each month?
select
    cast({{ dbt.date_trunc('month', 'day') }} as date) as month,
    channel,
    sum(opened_conversations) as conversations
from {{ ref('channel_daily') }}
group by 1, 2
having sum(opened_conversations) > 0
order by 1, 2
