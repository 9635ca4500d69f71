-- How many messages came in the last 24 hours, by who wrote them?
select
    sender,
    count(*) as messages
from {{ ref('messages') }}
where {{ omnimessages.minutes_between('sent_at', omnimessages.present()) }} <= 24 * 60
group by 1
order by 1
