-- Whether `messages` holds each message as it is staged. If not, build it with --full-refresh.
with staged as (
    select
        account,
        count(*) as messages,
        sum(coalesce(revision, 0)) as revisions,
        {{ omnimessages.count_of('done_at is not null') }} as closings
    from {{ ref('stg_antbuddy_messages') }}
    group by account
),

stored as (
    select
        account,
        count(*) as messages,
        sum(coalesce(revision, 0)) as revisions,
        {{ omnimessages.count_of('closed_at is not null') }} as closings
    from {{ ref('messages') }}
    group by account
)

select
    staged.account,
    staged.messages as staged_messages,
    stored.messages as stored_messages
from staged
left join stored on staged.account = stored.account
where
    stored.account is null
    or staged.messages <> stored.messages
    or staged.revisions <> stored.revisions
    or staged.closings <> stored.closings
