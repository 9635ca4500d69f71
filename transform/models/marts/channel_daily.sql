with sent as (
    select
        account,
        coalesce(channel, 'unknown') as channel,
        sent_day as day,
        count(*) as messages,
        {{ omnimessages.count_of("sender = 'customer'") }} as customer_messages,
        {{ omnimessages.count_of("sender = 'bot'") }} as bot_messages,
        {{ omnimessages.count_of("sender = 'agent'") }} as agent_messages,
        {{ omnimessages.count_of('is_failed') }} as failed_messages,
        count(distinct case when sender = 'customer' then person_id end) as people
    from {{ ref('messages') }}
    group by account, coalesce(channel, 'unknown'), sent_day
),

opened as (
    select
        account,
        coalesce(channel, 'unknown') as channel,
        opened_day as day,
        count(*) as opened_conversations,
        {{ omnimessages.count_of('first_human_reply_at is not null') }} as replied_conversations,
        {{ omnimessages.count_of('first_human_reply_office_minutes <= ' ~ var('reply_goal_minutes')) }} as conversations_replied_in_time,
        {{ omnimessages.rounded('avg(first_human_reply_minutes)') }} as average_first_reply_minutes,
        {{ omnimessages.rounded(omnimessages.median_of('first_human_reply_minutes')) }} as median_first_reply_minutes,
        {{ omnimessages.rounded(omnimessages.median_of('first_human_reply_office_minutes')) }} as median_first_reply_office_minutes
    from {{ ref('conversations') }}
    group by account, coalesce(channel, 'unknown'), opened_day
),

closed as (
    select
        account,
        coalesce(channel, 'unknown') as channel,
        closed_day as day,
        count(*) as closed_conversations,
        {{ omnimessages.rounded(omnimessages.median_of('resolution_minutes')) }} as median_resolution_minutes
    from {{ ref('conversations') }}
    where closed_day is not null
    group by account, coalesce(channel, 'unknown'), closed_day
),

days as (
    select distinct account, channel, day
    from (
        select account, channel, day from sent
        union all
        select account, channel, day from opened
        union all
        select account, channel, day from closed
    ) as events
)

select
    days.account,
    days.channel,
    days.day,
    coalesce(sent.messages, 0) as messages,
    coalesce(sent.customer_messages, 0) as customer_messages,
    coalesce(sent.bot_messages, 0) as bot_messages,
    coalesce(sent.agent_messages, 0) as agent_messages,
    coalesce(sent.failed_messages, 0) as failed_messages,
    coalesce(sent.people, 0) as people,
    coalesce(opened.opened_conversations, 0) as opened_conversations,
    coalesce(opened.replied_conversations, 0) as replied_conversations,
    coalesce(opened.conversations_replied_in_time, 0) as conversations_replied_in_time,
    opened.average_first_reply_minutes,
    opened.median_first_reply_minutes,
    opened.median_first_reply_office_minutes,
    coalesce(closed.closed_conversations, 0) as closed_conversations,
    closed.median_resolution_minutes
from days
left join sent
    on days.account = sent.account and days.channel = sent.channel and days.day = sent.day
left join opened
    on days.account = opened.account and days.channel = opened.channel and days.day = opened.day
left join closed
    on days.account = closed.account and days.channel = closed.channel and days.day = closed.day
