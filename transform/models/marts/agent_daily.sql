-- One column list for three kinds of events, because an agent may have a day with one kind only.
with sent as (
    select
        account,
        agent_id,
        sent_day as day,
        count(*) as messages,
        count(distinct session_id) as conversations,
        {{ omnimessages.count_of('is_failed') }} as failed_messages,
        count(reply_minutes) as replies,
        {{ omnimessages.rounded('avg(reply_minutes)') }} as average_reply_minutes,
        {{ omnimessages.rounded('avg(reply_office_minutes)') }} as average_reply_office_minutes
    from {{ ref('messages') }}
    where agent_id is not null
    group by account, agent_id, sent_day
),

first_replied as (
    select
        account,
        first_human_reply_by as agent_id,
        {{ omnimessages.local_day('first_human_reply_at') }} as day,
        first_human_reply_minutes,
        first_human_reply_office_minutes
    from {{ ref('conversations') }}
    where first_human_reply_by is not null
),

first_replies as (
    select
        account,
        agent_id,
        day,
        count(*) as first_replies,
        {{ omnimessages.rounded('avg(first_human_reply_minutes)') }} as average_first_reply_minutes,
        {{ omnimessages.count_of('first_human_reply_office_minutes <= ' ~ var('reply_goal_minutes')) }} as first_replies_in_time
    from first_replied
    group by account, agent_id, day
),

closings as (
    select
        account,
        closed_by as agent_id,
        closed_day as day,
        count(*) as closed_conversations,
        {{ omnimessages.rounded('avg(resolution_minutes)') }} as average_resolution_minutes
    from {{ ref('conversations') }}
    where closed_by is not null
    group by account, closed_by, closed_day
),

days as (
    select distinct account, agent_id, day
    from (
        select account, agent_id, day from sent
        union all
        select account, agent_id, day from first_replies
        union all
        select account, agent_id, day from closings
    ) as events
)

select
    days.account,
    days.agent_id,
    days.day,
    coalesce(sent.messages, 0) as messages,
    coalesce(sent.conversations, 0) as conversations,
    coalesce(sent.failed_messages, 0) as failed_messages,
    coalesce(sent.replies, 0) as replies,
    sent.average_reply_minutes,
    sent.average_reply_office_minutes,
    coalesce(first_replies.first_replies, 0) as first_replies,
    coalesce(first_replies.first_replies_in_time, 0) as first_replies_in_time,
    first_replies.average_first_reply_minutes,
    coalesce(closings.closed_conversations, 0) as closed_conversations,
    closings.average_resolution_minutes
from days
left join sent
    on days.account = sent.account and days.agent_id = sent.agent_id and days.day = sent.day
left join first_replies
    on
        days.account = first_replies.account
        and days.agent_id = first_replies.agent_id
        and days.day = first_replies.day
left join closings
    on
        days.account = closings.account
        and days.agent_id = closings.agent_id
        and days.day = closings.day
