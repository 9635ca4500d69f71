{#
Whether the model's table exists and is only added to. Without introspection it counts as existing,
so that `dbt compile --no-introspect` shows the whole statement.
#}
{% macro is_later_run() %}
    {% if execute and not flags.INTROSPECT %}{{ return(true) }}{% endif %}
    {{ return(is_incremental()) }}
{% endmacro %}
