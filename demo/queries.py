"""The report's queries. `_1` is the warehouse after the first run, `_2` after the second."""

from __future__ import annotations

from demo.pipeline import SCHEMA

VIEWS = f"""
CREATE VIEW sessions_{{run}} AS
    SELECT s.*, m.* EXCLUDE session_id
    FROM warehouse_{{run}}.{SCHEMA}.antbuddy_sessions AS s
    JOIN (
        SELECT session_id, any_value(channel) AS channel, max(done_at) AS done_at,
            max(created_time) AS last_at, max_by(text, created_time) AS last_text,
            max_by(direction, created_time) AS last_direction
        FROM warehouse_{{run}}.{SCHEMA}.antbuddy_messages GROUP BY session_id
    ) AS m USING (session_id);
CREATE VIEW messages_{{run}} AS FROM warehouse_{{run}}.{SCHEMA}.antbuddy_messages;
CREATE VIEW notifications_{{run}} AS
    SELECT * REPLACE (lower(delivery_status) AS delivery_status, nullif(rate, 0) AS rate)
    FROM warehouse_{{run}}.{SCHEMA}.etelecom_zns_messages;
"""
SESSIONS = """
SELECT
    (SELECT count(*) FROM sessions_2 ANTI JOIN sessions_1 USING (session_id)),
    count(*) FILTER (old.session_id IS NULL),
    count(*) FILTER (old.session_id IS NOT NULL),
    count(DISTINCT old.session_id),
    (SELECT count(*) FROM sessions_1 AS a JOIN sessions_2 AS b USING (session_id)
     WHERE a.done_at IS NULL AND b.done_at IS NOT NULL)
FROM (FROM messages_2 ANTI JOIN messages_1 USING (id)) AS new
LEFT JOIN sessions_1 AS old USING (session_id)
"""
NEW_NOTIFICATIONS = """
SELECT count(*) FROM notifications_2 ANTI JOIN notifications_1 USING (id)
"""
STATUSES = """
SELECT count(*), a.delivery_status, b.delivery_status
FROM notifications_1 AS a JOIN notifications_2 AS b USING (id)
WHERE a.delivery_status <> b.delivery_status
GROUP BY ALL ORDER BY ALL DESC
"""
RATINGS = """
SELECT count(*), avg(b.rate), max(date_diff('day', b.created_at, b.submit_time))
FROM notifications_1 AS a JOIN notifications_2 AS b USING (id)
WHERE a.rate IS NULL AND b.rate IS NOT NULL
"""
CHARGES = """
SELECT count(*), sum(b.fee_main), max(date_diff('day', b.created_at, b.updated_at))
FROM notifications_1 AS a JOIN notifications_2 AS b USING (id)
WHERE NOT a.is_charged AND b.is_charged
"""
SESSION_EXAMPLE = """
SELECT a.session_id, b.channel, b.created_at,
    [a.message_count, b.message_count], [a.last_at, b.last_at],
    [a.last_direction, b.last_direction], [a.last_text, b.last_text], [a.done_at, b.done_at]
FROM sessions_1 AS a JOIN sessions_2 AS b USING (session_id)
WHERE b.message_count > a.message_count
ORDER BY a.done_at IS NULL AND b.done_at IS NOT NULL DESC,
    b.message_count - a.message_count = 2 DESC, session_id
LIMIT 1
"""
NOTIFICATION_EXAMPLE = """
SELECT id, b.created_at, [a.updated_at, b.updated_at],
    [a.delivery_status, b.delivery_status], [a.rate, b.rate], [a.note, b.note]
FROM notifications_1 AS a JOIN notifications_2 AS b USING (id)
WHERE a.rate IS NULL AND b.rate IS NOT NULL
ORDER BY a.delivery_status <> b.delivery_status DESC, b.note <> '' DESC, id
LIMIT 1
"""
CHART = """
SELECT day, channels, total, bar(total, 0, max(total) OVER (), $width)
FROM (
    SELECT day, histogram(channel) AS channels, count(*) AS total
    FROM (SELECT CAST(created_time + $offset AS DATE) AS day, channel FROM messages_2)
    GROUP BY day ORDER BY day DESC LIMIT $days
)
ORDER BY day
"""
QUERY = f"""\
import duckdb
duckdb.connect('{{file}}', read_only=True).sql('''
    SELECT channel, count(*) AS sessions, median(answered - begun) AS first_answer_after
    FROM (
        SELECT session_id, any_value(channel) AS channel, min(created_time) AS begun,
            min(created_time) FILTER (direction = 'outbound') AS answered
        FROM {SCHEMA}.antbuddy_messages GROUP BY session_id
    )
    GROUP BY channel ORDER BY sessions DESC
''').show()"""
