{{ config(materialized='incremental', unique_key=['account', 'message_id'], on_schema_change='fail') }}

-- A later run writes only the sessions that are not as they were, whenever they changed.
with sessions as (
    select
        account,
        session_id,
        count(*) as message_count,
        sum(coalesce(revision, 0)) as revisions,
        {{ omnimessages.count_of('done_at is not null') }} as closings,
        max(done_at) as closed_at,
        {{ omnimessages.count_of('error_message is not null') }} as failures
    from {{ ref('stg_antbuddy_messages') }}
    group by account, session_id
),

changed as (
    select sessions.*
    from sessions
    {% if omnimessages.is_later_run() %}
    left join (
        select
            account,
            session_id,
            count(*) as message_count,
            sum(coalesce(revision, 0)) as revisions,
            {{ omnimessages.count_of('closed_at is not null') }} as closings,
            max(closed_at) as closed_at,
            {{ omnimessages.count_of('is_failed') }} as failures
        from {{ this }}
        group by account, session_id
    ) as stored
        on
            sessions.account = stored.account
            and sessions.session_id = stored.session_id
            and sessions.message_count = stored.message_count
            and sessions.revisions = stored.revisions
            and sessions.closings = stored.closings
            and sessions.closed_at is not distinct from stored.closed_at
            and sessions.failures = stored.failures
    where stored.session_id is null
    {% endif %}
),

sent as (
    select
        staged.*,
        case
            when staged.direction = 'inbound' then 'customer'
            when staged.direction = 'outbound' and staged.is_responsed_by_bot then 'bot'
            when staged.direction = 'outbound' then 'agent'
        end as sender,
        {{ omnimessages.local_minutes('staged.created_time') }} as sent_minutes
    from {{ ref('stg_antbuddy_messages') }} as staged
    inner join changed
        on
            staged.account = changed.account
            and staged.session_id = changed.session_id
),

-- A turn ends with an agent's message: what a customer wrote in it waited for that reply.
in_turns as (
    select
        sent.*,
        row_number() over (
            partition by account, session_id
            order by created_time, id
        ) as message_number,
        coalesce(sum(case when sender = 'agent' then 1 else 0 end) over (
            partition by account, session_id
            order by created_time, id
            rows between unbounded preceding and 1 preceding
        ), 0) as turn
    from sent
),

answered as (
    select
        in_turns.*,
        case when sender = 'agent' then min(case when sender = 'customer' then created_time end) over (
            partition by account, session_id, turn
        ) end as waiting_since,
        case when sender = 'agent' then min(case when sender = 'customer' then sent_minutes end) over (
            partition by account, session_id, turn
        ) end as waiting_since_minutes
    from in_turns
)

select
    account,
    id as message_id,
    message_id as channel_message_id,
    session_id,
    conversation_id,
    page_id,
    case when direction = 'inbound' then from_id when direction = 'outbound' then to_id end as person_id,
    lead_id,
    channel,
    direction,
    sender,
    case when sender = 'agent' then created_by end as agent_id,
    created_time as sent_at,
    created_day as sent_day,
    {{ omnimessages.in_office_hours('sent_minutes') }} as is_in_office_hours,
    cast(message_number as {{ dbt.type_bigint() }}) as message_number,
    text,
    attachments,
    template_zalo_oa,
    error_message is not null as is_failed,
    error_message,
    waiting_since,
    {{ omnimessages.minutes_between('waiting_since', 'created_time') }} as reply_minutes,
    {{ omnimessages.office_minutes_between('waiting_since_minutes', 'sent_minutes') }} as reply_office_minutes,
    done_at as closed_at,
    done_by as closed_by,
    revision
from answered
