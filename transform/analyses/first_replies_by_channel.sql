-- How long do customers wait for the first human reply on each channel, in office hours?
select
    channel,
    count(*) as conversations,
    count(first_human_reply_at) as replied,
    {{ omnimessages.median_of('first_human_reply_office_minutes') }} as median_office_minutes
from {{ ref('conversations') }}
group by 1
order by 1
