{# Tests of data. Each selects the rows that break a promise. #}

{% test unique_together(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as times
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{% test within(model, column_name, lowest=none, highest=none) %}
select {{ column_name }}
from {{ model }}
where
    1 = 0
    {% if lowest is not none %}or {{ column_name }} < {{ lowest }}{% endif %}
    {% if highest is not none %}or {{ column_name }} > {{ highest }}{% endif %}
{% endtest %}

{# Every row whose columns are not null has a row in another model with the same values. #}
{% test related(model, to, columns) %}
select child.*
from {{ model }} as child
left join {{ to }} as parent
    on
        {% for own, other in columns.items() %}
        {% if not loop.first %}and {% endif %}child.{{ own }} = parent.{{ other }}
        {% endfor %}
where
    {% for own, other in columns.items() %}
    child.{{ own }} is not null and
    {% endfor %}
    parent.{{ columns.values() | first }} is null
{% endtest %}

{# A time in the future shows that the loader's session was not in UTC: docs/targets.md. #}
{% test not_in_the_future(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ omnimessages.minutes_between(omnimessages.present(), column_name) }} > 60
{% endtest %}

{# Each account has a row that is younger than the variable `fresh_days`. #}
{% test fresh(model, moment) %}
select
    account,
    max({{ moment }}) as newest
from {{ model }}
group by account
having {{ omnimessages.minutes_between('max(' ~ moment ~ ')', omnimessages.present()) }} > {{ var('fresh_days') }} * 1440
{% endtest %}
