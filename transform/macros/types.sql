{# The types of the warehouse for the kinds of columns that the tap declares. #}

{% macro time_type() %}{{ return(adapter.dispatch('time_type', 'omnimessages')()) }}{% endmacro %}
{% macro default__time_type() %}{{ return('timestamp with time zone') }}{% endmacro %}
{% macro snowflake__time_type() %}{{ return('timestamp_tz') }}{% endmacro %}
{% macro bigquery__time_type() %}{{ return('timestamp') }}{% endmacro %}

{% macro object_type() %}{{ return(adapter.dispatch('object_type', 'omnimessages')()) }}{% endmacro %}
{% macro default__object_type() %}{{ return('json') }}{% endmacro %}
{% macro postgres__object_type() %}{{ return('jsonb') }}{% endmacro %}
{% macro snowflake__object_type() %}{{ return('variant') }}{% endmacro %}

{% macro double_type() %}{{ return(adapter.dispatch('double_type', 'omnimessages')()) }}{% endmacro %}
{% macro default__double_type() %}{{ return('double precision') }}{% endmacro %}
{% macro duckdb__double_type() %}{{ return('double') }}{% endmacro %}
{% macro bigquery__double_type() %}{{ return('float64') }}{% endmacro %}

{% macro type_of_kind(kind) %}
    {% set types = {
        'text': dbt.type_string(),
        'integer': dbt.type_bigint(),
        'boolean': dbt.type_boolean(),
        'time': omnimessages.time_type(),
        'object': omnimessages.object_type(),
        'strings': omnimessages.object_type(),
    } %}
    {{ return(types[kind]) }}
{% endmacro %}
