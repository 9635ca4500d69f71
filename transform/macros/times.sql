{# Times. A loader's columns hold UTC without a zone; a model's times have one. #}

{# The moment that a loader's column means. #}
{% macro utc_time(column) %}{{ return(adapter.dispatch('utc_time', 'omnimessages')(column)) }}{% endmacro %}
{% macro default__utc_time(column) %}{{ return("(" ~ column ~ " at time zone 'UTC')") }}{% endmacro %}
{# A cast would take the session's zone. #}
{% macro snowflake__utc_time(column) %}
    {{ return("convert_timezone('UTC', to_timestamp_tz(date_part(epoch_microsecond, " ~ column ~ "), 6))") }}
{% endmacro %}
{# There, the loader's columns are moments already. #}
{% macro bigquery__utc_time(column) %}{{ return("cast(" ~ column ~ " as timestamp)") }}{% endmacro %}

{# What a clock on the wall of the variable `timezone` shows at a moment. #}
{% macro local_time(moment) %}{{ return(adapter.dispatch('local_time', 'omnimessages')(moment)) }}{% endmacro %}
{% macro default__local_time(moment) %}
    {{ return("(" ~ moment ~ " at time zone '" ~ var('timezone') ~ "')") }}
{% endmacro %}
{% macro snowflake__local_time(moment) %}
    {{ return("cast(convert_timezone('" ~ var('timezone') ~ "', " ~ moment ~ ") as timestamp_ntz)") }}
{% endmacro %}
{% macro bigquery__local_time(moment) %}
    {{ return("datetime(" ~ moment ~ ", '" ~ var('timezone') ~ "')") }}
{% endmacro %}

{% macro local_day(moment) %}
    {{ return("cast(" ~ omnimessages.local_time(moment) ~ " as date)") }}
{% endmacro %}

{# The seconds of a moment since 1970, with fraction. #}
{% macro seconds_of(moment) %}{{ return(adapter.dispatch('seconds_of', 'omnimessages')(moment)) }}{% endmacro %}
{% macro default__seconds_of(moment) %}
    {{ return("cast(extract(epoch from " ~ moment ~ ") as double precision)") }}
{% endmacro %}
{% macro duckdb__seconds_of(moment) %}{{ return("epoch(" ~ moment ~ ")") }}{% endmacro %}
{% macro snowflake__seconds_of(moment) %}
    {{ return("(date_part(epoch_microsecond, " ~ moment ~ ") / 1000000.0)") }}
{% endmacro %}
{# A local time, which is a datetime there, counts as if it were UTC. #}
{% macro bigquery__seconds_of(moment) %}
    {{ return("(unix_micros(timestamp(" ~ moment ~ ")) / 1000000.0)") }}
{% endmacro %}

{# A number with two decimals, computed as a decimal number so that every warehouse rounds alike. #}
{% macro rounded(number) %}
    {{ return("cast(round(cast(" ~ number ~ " as " ~ dbt.type_numeric() ~ "), 2) as " ~ omnimessages.double_type() ~ ")") }}
{% endmacro %}

{% macro minutes_between(earlier, later) %}
    {{ return(omnimessages.rounded(
        "(" ~ omnimessages.seconds_of(later) ~ " - " ~ omnimessages.seconds_of(earlier) ~ ") / 60"
    )) }}
{% endmacro %}

{# The present, or the variable `now`. #}
{% macro present() %}
    {% if var('now', '') %}
        {{ return(omnimessages.utc_time("cast('" ~ var('now') ~ "' as timestamp)")) }}
    {% endif %}
    {{ return('current_timestamp') }}
{% endmacro %}
