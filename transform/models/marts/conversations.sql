with marked as (
    select
        messages.*,
        min(case when sender = 'customer' then sent_at end) over (
            partition by account, session_id
        ) as first_customer_message_at,
        row_number() over (
            partition by account, session_id
            order by case when closed_at is null then 1 else 0 end, closed_at desc, message_id
        ) as closing_rank
    from {{ ref('messages') }} as messages
),

replies as (
    select
        marked.*,
        -- Nobody replies before the customer has written.
        case when sender = 'bot' and sent_at >= first_customer_message_at then sent_at end as bot_reply_at,
        case when sender = 'agent' and sent_at >= first_customer_message_at then sent_at end as human_reply_at
    from marked
),

ranked as (
    select
        replies.*,
        row_number() over (
            partition by account, session_id
            order by case when human_reply_at is null then 1 else 0 end, human_reply_at, message_id
        ) as human_reply_rank
    from replies
),

by_session as (
    select
        account,
        session_id,
        max(channel) as channel,
        max(person_id) as person_id,
        min(first_customer_message_at) as first_customer_message_at,
        min(bot_reply_at) as first_bot_reply_at,
        min(human_reply_at) as first_human_reply_at,
        max(case when human_reply_rank = 1 and human_reply_at is not null then agent_id end) as first_human_reply_by,
        max(closed_at) as closed_at,
        max(case when closing_rank = 1 then closed_by end) as closed_by,
        max(sent_at) as last_message_at,
        max(case when sender = 'customer' then sent_at end) as last_customer_message_at,
        max(case when sender = 'agent' then sent_at end) as last_agent_message_at,
        count(*) as messages,
        {{ omnimessages.count_of("sender = 'customer'") }} as customer_messages,
        {{ omnimessages.count_of("sender = 'bot'") }} as bot_messages,
        {{ omnimessages.count_of("sender = 'agent'") }} as agent_messages,
        {{ omnimessages.count_of('is_failed') }} as failed_messages
    from ranked
    group by account, session_id
),

joined as (
    select
        sessions.account,
        sessions.session_id,
        sessions.conversation_id,
        sessions.page_id,
        sessions.lead_id,
        sessions.created_at as opened_at,
        sessions.created_day as opened_day,
        by_session.channel,
        by_session.person_id,
        by_session.first_customer_message_at,
        by_session.first_bot_reply_at,
        by_session.first_human_reply_at,
        by_session.first_human_reply_by,
        by_session.closed_at,
        by_session.closed_by,
        by_session.last_message_at,
        by_session.last_customer_message_at,
        by_session.last_agent_message_at,
        coalesce(by_session.messages, 0) as messages,
        coalesce(by_session.customer_messages, 0) as customer_messages,
        coalesce(by_session.bot_messages, 0) as bot_messages,
        coalesce(by_session.agent_messages, 0) as agent_messages,
        coalesce(by_session.failed_messages, 0) as failed_messages,
        {{ omnimessages.local_minutes('sessions.created_at') }} as opened_minutes,
        {{ omnimessages.local_minutes('by_session.first_customer_message_at') }} as asked_minutes,
        {{ omnimessages.local_minutes('by_session.first_human_reply_at') }} as replied_minutes,
        {{ omnimessages.local_minutes('by_session.closed_at') }} as closed_minutes
    from {{ ref('stg_antbuddy_sessions') }} as sessions
    left join by_session
        on
            sessions.account = by_session.account
            and sessions.session_id = by_session.session_id
)

select
    account,
    session_id,
    conversation_id,
    channel,
    page_id,
    person_id,
    lead_id,
    opened_at,
    opened_day,
    {{ omnimessages.in_office_hours('opened_minutes') }} as is_opened_in_office_hours,
    first_customer_message_at,
    first_bot_reply_at,
    first_human_reply_at,
    first_human_reply_by,
    closed_at,
    {{ omnimessages.local_day('closed_at') }} as closed_day,
    closed_by,
    closed_at is null as is_open,
    closed_at is null
    and last_customer_message_at is not null
    and (last_agent_message_at is null or last_agent_message_at < last_customer_message_at) as is_waiting,
    last_message_at,
    last_customer_message_at,
    messages,
    customer_messages,
    bot_messages,
    agent_messages,
    failed_messages,
    {{ omnimessages.minutes_between('first_customer_message_at', 'first_bot_reply_at') }} as first_bot_reply_minutes,
    {{ omnimessages.minutes_between('first_customer_message_at', 'first_human_reply_at') }} as first_human_reply_minutes,
    {{ omnimessages.office_minutes_between('asked_minutes', 'replied_minutes') }} as first_human_reply_office_minutes,
    {{ omnimessages.minutes_between('opened_at', 'closed_at') }} as resolution_minutes,
    {{ omnimessages.office_minutes_between('opened_minutes', 'closed_minutes') }} as resolution_office_minutes
from joined
