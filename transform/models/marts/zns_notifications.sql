{{ config(materialized='incremental', unique_key=['account', 'notification_id'], on_schema_change='fail') }}

with notifications as (
    select
        staged.account,
        staged.id as notification_id,
        staged.msg_id as zalo_message_id,
        staged.tracking_id,
        staged.shop_id,
        staged.oa_id,
        staged.user_id as sender_id,
        staged.campaign_id,
        staged.journey_id,
        staged.type,
        staged.template_id,
        staged.template_data,
        staged.zl_user_id as person_id,
        staged.phone,
        coalesce(staged.is_development, false) as is_development,
        staged.created_at,
        staged.created_day,
        staged.sent_time as sent_at,
        staged.delivery_time as delivered_at,
        staged.status,
        staged.delivery_status,
        coalesce(staged.error_code, 0) <> 0 or coalesce(staged.status, '') = 'N' as is_failed,
        staged.sent_time is not null as is_sent,
        staged.delivery_time is not null or coalesce(staged.delivery_status, '') in ('received', 'seen') as is_delivered,
        coalesce(staged.delivery_status, '') = 'seen' as is_seen,
        {{ omnimessages.minutes_between('staged.sent_time', 'staged.delivery_time') }} as minutes_to_delivery,
        case
            when staged.sent_time is not null and staged.delivery_time is not null
                then {{ omnimessages.seconds_of('staged.delivery_time') }} - {{ omnimessages.seconds_of('staged.sent_time') }}
                    <= staged.timeout / 1000.0
        end as is_delivered_in_time,
        coalesce(staged.is_charged, false) as is_charged,
        case when staged.is_charged then coalesce(staged.fee_main, 0) + coalesce(staged.fee_token, 0) else 0 end as cost_vnd,
        staged.fee_main as fee_main_vnd,
        staged.fee_token as fee_token_vnd,
        staged.rate as stars,
        staged.submit_time as rated_at,
        staged.note,
        staged.feedback,
        nullif(staged.error_code, 0) as error_code,
        staged.error_message,
        codes.meaning as error_meaning,
        codes.cause as error_cause,
        codes.what_to_do as error_what_to_do,
        staged.updated_at
    from {{ ref('stg_etelecom_zns_messages') }} as staged
    left join {{ ref('zns_error_codes') }} as codes on staged.error_code = codes.error_code
)

select notifications.*
from notifications
-- A later run writes only the notifications that are not as they were, whenever they changed.
{% if omnimessages.is_later_run() %}
left join {{ this }} as stored
    on
        notifications.account = stored.account
        and notifications.notification_id = stored.notification_id
        and notifications.updated_at is not distinct from stored.updated_at
        and notifications.rated_at is not distinct from stored.rated_at
        and notifications.delivered_at is not distinct from stored.delivered_at
        and notifications.delivery_status is not distinct from stored.delivery_status
        and notifications.status is not distinct from stored.status
        and notifications.stars is not distinct from stored.stars
        and notifications.cost_vnd = stored.cost_vnd
        and notifications.error_what_to_do is not distinct from stored.error_what_to_do
where stored.notification_id is null
{% endif %}
