{# The schemas that the loader fills. #}
{% macro schemas() %}
    {% set given = var('schemas', []) %}
    {% if given is string %}{% set given = given.split(',') %}{% endif %}
    {{ return(given or env_var('OMNIMESSAGES_SCHEMAS', 'omnimessages').split(',')) }}
{% endmacro %}

{#
The names of the columns that a loader's table has, in lower case. Without introspection, as in
`dbt compile --no-introspect`, all columns of the tap count as there.
#}
{% macro loaded_columns(relation, columns) %}
    {% if not execute or not flags.INTROSPECT %}{{ return(columns.keys() | list) }}{% endif %}
    {% set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) %}
    {% if found is none %}
        {% do omnimessages.fail_without_tables(relation) %}
        {{ return(none) }}
    {% endif %}
    {{ return(adapter.get_columns_in_relation(found) | map(attribute='name') | map('lower') | list) }}
{% endmacro %}

{# Raise an error if a schema has no table of the tap: its name is wrong, or nothing is loaded. #}
{% macro fail_without_tables(relation) %}
    {% for table in graph.sources.values() if table.source_name == 'omnimessages' %}
        {% if adapter.get_relation(relation.database, relation.schema, table.name) %}{{ return(none) }}{% endif %}
    {% endfor %}
    {% do exceptions.raise_compiler_error(
        "The schema " ~ relation.schema ~ " has no table of tap-omnimessages: load it first, or correct "
        ~ "the variable schemas (OMNIMESSAGES_SCHEMAS)."
    ) %}
{% endmacro %}

{#
A staging model: a stream's tables of all accounts, with the types and the nulls that models rely on.

A column that was not selected is null, and the table of a provider without a key is empty.
#}
{% macro stage(stream, columns) %}
    {% for schema in omnimessages.schemas() %}
        {% set relation = source('omnimessages', stream).incorporate(path={'schema': schema | trim}) %}
        {% set loaded = omnimessages.loaded_columns(relation, columns) %}
select
    cast('{{ schema | trim }}' as {{ dbt.type_string() }}) as account
        {%- for name, kind in columns.items() %},
    {{ omnimessages.staged(name, kind) if name in (loaded or []) else 'cast(null as ' ~ omnimessages.type_of_kind(kind) ~ ')' }} as {{ name }}
            {%- if kind == 'time' %},
    {{ omnimessages.local_day(omnimessages.utc_time(name)) if name in (loaded or []) else 'cast(null as date)' }} as {{ omnimessages.day_name(name) }}
            {%- endif %}
        {%- endfor %}
{% if loaded is none %}from (select 1 as nothing) as no_table where 1 = 0{% else %}from {{ relation }}{% endif %}
        {% if not loop.last %}
union all
        {% endif %}
    {% endfor %}
{% endmacro %}

{# The name of a time's local day: `created_at` has `created_day`, `sent_time` has `sent_day`. #}
{% macro day_name(name) %}{{ return(name.rsplit('_', 1)[0] ~ '_day') }}{% endmacro %}

{# A loader's column as a staging model has it. #}
{% macro staged(name, kind) %}
    {% if name == 'rate' %}{{ return("nullif(cast(rate as " ~ dbt.type_bigint() ~ "), 0)") }}{% endif %}
    {% if name == 'delivery_status' %}{{ return("nullif(lower(delivery_status), '')") }}{% endif %}
    {% set converted = {
        'text': "nullif(" ~ name ~ ", '')",
        'integer': "cast(" ~ name ~ " as " ~ dbt.type_bigint() ~ ")",
        'boolean': name,
        'time': omnimessages.utc_time(name),
        'object': omnimessages.object_or_null(name),
        'strings': omnimessages.strings_as_object(name),
    } %}
    {{ return(converted[kind]) }}
{% endmacro %}
