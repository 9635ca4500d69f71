{# Values as the models have them, from a loader's columns. #}

{# An object column without JSON's own null, which is not SQL's. #}
{% macro object_or_null(column) %}{{ return(adapter.dispatch('object_or_null', 'omnimessages')(column)) }}{% endmacro %}
{% macro default__object_or_null(column) %}
    {{ return("case when json_type(" ~ column ~ ") <> 'NULL' then " ~ column ~ " end") }}
{% endmacro %}
{% macro postgres__object_or_null(column) %}{{ return("nullif(" ~ column ~ ", 'null'::jsonb)") }}{% endmacro %}
{% macro snowflake__object_or_null(column) %}{{ return("strip_null_value(" ~ column ~ ")") }}{% endmacro %}
{% macro bigquery__object_or_null(column) %}
    {{ return("if(json_type(" ~ column ~ ") <> 'null', " ~ column ~ ", null)") }}
{% endmacro %}

{# A column of texts as JSON: it is an array in some warehouses, and dbt's unit tests know no arrays. #}
{% macro strings_as_object(column) %}{{ return(adapter.dispatch('strings_as_object', 'omnimessages')(column)) }}{% endmacro %}
{% macro default__strings_as_object(column) %}{{ return(omnimessages.object_or_null(column)) }}{% endmacro %}
{% macro postgres__strings_as_object(column) %}{{ return("to_jsonb(" ~ column ~ ")") }}{% endmacro %}
{% macro bigquery__strings_as_object(column) %}{{ return("to_json(" ~ column ~ ")") }}{% endmacro %}

{# The middle of a group's values. #}
{% macro median_of(number) %}{{ return(adapter.dispatch('median_of', 'omnimessages')(number)) }}{% endmacro %}
{% macro default__median_of(number) %}
    {{ return("percentile_cont(0.5) within group (order by " ~ number ~ ")") }}
{% endmacro %}
{# Approximate: exact medians of groups do not exist there. #}
{% macro bigquery__median_of(number) %}
    {{ return("approx_quantiles(" ~ number ~ ", 100)[safe_offset(50)]") }}
{% endmacro %}

{# How many rows of a group meet a condition. #}
{% macro count_of(condition) %}
    {{ return("cast(coalesce(sum(case when " ~ condition ~ " then 1 else 0 end), 0) as " ~ dbt.type_bigint() ~ ")") }}
{% endmacro %}

{# A share between 0 and 1, null of nothing. #}
{% macro share(part, whole) %}
    {{ return("case when " ~ whole ~ " > 0 then cast(round(cast(" ~ part ~ " as " ~ dbt.type_numeric() ~ ") / "
        ~ whole ~ ", 4) as " ~ omnimessages.double_type() ~ ") end") }}
{% endmacro %}
