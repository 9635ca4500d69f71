-- Whether `zns_notifications` holds each notification as it is staged. If not, build it with --full-refresh.
with staged as (
    select
        account,
        count(*) as notifications,
        max(updated_at) as updated_at,
        coalesce(sum(rate), 0) as stars,
        {{ omnimessages.count_of('is_charged') }} as charged
    from {{ ref('stg_etelecom_zns_messages') }}
    group by account
),

stored as (
    select
        account,
        count(*) as notifications,
        max(updated_at) as updated_at,
        coalesce(sum(stars), 0) as stars,
        {{ omnimessages.count_of('is_charged') }} as charged
    from {{ ref('zns_notifications') }}
    group by account
)

select
    staged.account,
    staged.notifications as staged_notifications,
    stored.notifications as stored_notifications
from staged
left join stored on staged.account = stored.account
where
    stored.account is null
    or staged.notifications <> stored.notifications
    or staged.updated_at is distinct from stored.updated_at
    or staged.stars <> stored.stars
    or staged.charged <> stored.charged
