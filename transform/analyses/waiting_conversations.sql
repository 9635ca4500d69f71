-- How many open conversations wait for a reply on each channel, and how many hours has the oldest waited?
select
    channel,
    count(*) as waiting,
    max({{ omnimessages.minutes_between('last_customer_message_at', omnimessages.present()) }}) / 60 as oldest_hours
from {{ ref('conversations') }}
where is_waiting
group by 1
order by 2 desc, 1
