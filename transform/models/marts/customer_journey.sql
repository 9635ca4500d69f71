with notifications as (
    select * from {{ ref('zns_notifications') }}
    where person_id is not null and sent_at is not null
),

conversations as (
    select * from {{ ref('conversations') }}
    where person_id is not null
),

-- The first conversation that the person opened in the days after the notification.
matches as (
    select
        notifications.account,
        notifications.notification_id,
        conversations.account as conversation_account,
        conversations.session_id,
        conversations.channel,
        conversations.opened_at,
        conversations.first_human_reply_minutes,
        conversations.is_open,
        case
            when notifications.oa_id = conversations.page_id then 'account and person'
            else 'person only'
        end as match_certainty,
        row_number() over (
            partition by notifications.account, notifications.notification_id
            order by
                case when notifications.oa_id = conversations.page_id then 0 else 1 end,
                conversations.opened_at,
                conversations.session_id
        ) as match_rank
    from notifications
    inner join conversations
        on
            notifications.person_id = conversations.person_id
            and conversations.opened_at >= notifications.sent_at
    where {{ omnimessages.minutes_between('notifications.sent_at', 'conversations.opened_at') }} <= {{ var('journey_days') }} * 1440
)

select
    notifications.account,
    notifications.notification_id,
    notifications.person_id,
    notifications.oa_id,
    notifications.template_id,
    notifications.is_development,
    notifications.sent_at,
    {{ omnimessages.local_day('notifications.sent_at') }} as sent_day,
    notifications.is_delivered,
    notifications.is_seen,
    notifications.stars,
    notifications.cost_vnd,
    matches.session_id is not null as has_conversation,
    matches.match_certainty,
    matches.conversation_account,
    matches.session_id,
    matches.channel,
    matches.opened_at,
    {{ omnimessages.minutes_between('notifications.sent_at', 'matches.opened_at') }} as minutes_to_conversation,
    matches.first_human_reply_minutes,
    matches.is_open
from notifications
left join matches
    on
        notifications.account = matches.account
        and notifications.notification_id = matches.notification_id
        and matches.match_rank = 1
