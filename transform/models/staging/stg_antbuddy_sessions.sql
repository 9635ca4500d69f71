-- Made by `python -m tools.transform`: do not edit.
{{ omnimessages.stage('antbuddy_sessions', {
    'session_id': 'text',
    'conversation_id': 'text',
    'page_id': 'text',
    'lead_id': 'text',
    'created_at': 'time',
    'message_count': 'integer',
    'extra_fields': 'object',
}) }}
