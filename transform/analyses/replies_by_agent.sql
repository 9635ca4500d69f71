-- How many customers' waits does each agent end, and how long were they?
select
    agent_id,
    sum(replies) as replies,
    sum(replies * average_reply_minutes) / nullif(sum(replies), 0) as average_minutes
from {{ ref('agent_daily') }}
group by 1
order by 2 desc, 1
