{#
Office hours, from the variables `office_hours` and `office_holidays`, on the local clock.

A column of local minutes counts the minutes of the local clock since 1970-01-01 00:00, which was a
Thursday. The office minutes between two of them are a difference of two sums, so no calendar is joined.
#}

{% macro local_minutes(moment) %}
    {{ return("(" ~ omnimessages.seconds_of(omnimessages.local_time(moment)) ~ " / 60)") }}
{% endmacro %}

{# The open and the closing minute of each weekday, Monday first; a closed day opens and closes at 0. #}
{% macro office_week() %}
    {% set given = {} %}
    {% for weekday, hours in var('office_hours').items() %}
        {% if weekday | string not in '1234567' or weekday | string | length != 1 %}
            {% do exceptions.raise_compiler_error(
                "The variable office_hours has a day " ~ weekday ~ ": number the days from 1, which is Monday, to 7."
            ) %}
        {% endif %}
        {% do given.update({weekday | int: hours}) %}
    {% endfor %}
    {% set week = [] %}
    {% for weekday in range(1, 8) %}
        {% set minutes = [] %}
        {% for hour in given.get(weekday, ['00:00', '00:00']) if modules.re.match('[0-9]{1,2}:[0-9]{2}$', hour | string) %}
            {% set parts = hour.split(':') %}
            {% do minutes.append(parts[0] | int * 60 + parts[1] | int) %}
        {% endfor %}
        {% if minutes | length != 2 or minutes[0] > minutes[1] or minutes[1] > 1440 %}
            {% do exceptions.raise_compiler_error(
                "The variable office_hours is wrong for day " ~ weekday ~ ": write it as [\"08:00\", \"17:30\"]."
            ) %}
        {% endif %}
        {% do week.append(minutes) %}
    {% endfor %}
    {{ return(week) }}
{% endmacro %}

{# Days since 1970-01-01, and the days since the Monday of 1969-12-29. #}
{% macro _day_of(local_minutes) %}
    {{ return("cast(floor(" ~ local_minutes ~ " / 1440) as " ~ dbt.type_bigint() ~ ")") }}
{% endmacro %}
{% macro _weekday_of(local_minutes) %}
    {{ return("mod(" ~ omnimessages._day_of(local_minutes) ~ " + 3, 7)") }}
{% endmacro %}

{# All office minutes until a column of local minutes, holidays not yet taken off. #}
{% macro _office_sum(local_minutes) %}
    {% set week = omnimessages.office_week() %}
    {% set day = omnimessages._day_of(local_minutes) %}
    {% set whole = namespace(minutes=0) %}
    {% for open, close in week %}{% set whole.minutes = whole.minutes + close - open %}{% endfor %}
    {% set earlier = namespace(minutes=0) %}
    {% set branches = [] %}
    {% for open, close in week %}
        {% do branches.append(
            "when " ~ loop.index0 ~ " then " ~ earlier.minutes ~ " + greatest(0, least(" ~ local_minutes
            ~ " - " ~ day ~ " * 1440, " ~ close ~ ") - " ~ open ~ ")"
        ) %}
        {% set earlier.minutes = earlier.minutes + close - open %}
    {% endfor %}
    {{ return(
        "(floor((" ~ day ~ " + 3) / 7.0) * " ~ whole.minutes ~ " + case "
        ~ omnimessages._weekday_of(local_minutes) ~ " " ~ branches | join(' ') ~ " end)"
    ) }}
{% endmacro %}

{% macro _date_of(holiday) %}
    {% set parts = holiday.split('-') | map('int') | list %}
    {% if modules.re.match('[0-9]{4}-[0-9]{2}-[0-9]{2}$', holiday) and 1 <= parts[1] <= 12 %}
        {% set month = modules.datetime.date(parts[0], parts[1], 1) %}
        {% set date = month + modules.datetime.timedelta(days=parts[2] - 1) %}
        {% if date.month == parts[1] and parts[2] > 0 %}{{ return(date) }}{% endif %}
    {% endif %}
    {% do exceptions.raise_compiler_error(
        "The variable office_holidays has a day " ~ holiday ~ ": write it as \"2026-09-02\"."
    ) %}
{% endmacro %}

{# The office hours of each holiday, as pairs of local minutes. #}
{% macro _holidays() %}
    {% set week = omnimessages.office_week() %}
    {% set found = [] %}
    {% for holiday in var('office_holidays') %}
        {% set date = omnimessages._date_of(holiday | string) %}
        {% set open, close = week[date.weekday()] %}
        {% set midnight = (date - modules.datetime.date(1970, 1, 1)).days * 1440 %}
        {% if close > open %}{% do found.append((midnight + open, midnight + close)) %}{% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

{# The office minutes between two columns of local minutes; null if one of them is. #}
{% macro office_minutes_between(earlier, later) %}
    {% set terms = [omnimessages._office_sum(later) ~ " - " ~ omnimessages._office_sum(earlier)] %}
    {% for open, close in omnimessages._holidays() %}
        {% do terms.append(
            "greatest(0, least(" ~ later ~ ", " ~ close ~ ") - greatest(" ~ earlier ~ ", " ~ open ~ "))"
        ) %}
    {% endfor %}
    {{ return(
        "case when " ~ earlier ~ " is not null and " ~ later ~ " is not null then "
        ~ omnimessages.rounded(terms | join(' - ')) ~ " end"
    ) }}
{% endmacro %}

{# Whether a column of local minutes lies in office hours; the closing minute does not. #}
{% macro in_office_hours(local_minutes) %}
    {% set day = omnimessages._day_of(local_minutes) %}
    {% set branches = [] %}
    {% for open, close in omnimessages.office_week() %}
        {% do branches.append(
            "when " ~ loop.index0 ~ " then " ~ local_minutes ~ " - " ~ day ~ " * 1440 >= " ~ open
            ~ " and " ~ local_minutes ~ " - " ~ day ~ " * 1440 < " ~ close
        ) %}
    {% endfor %}
    {% set office = "case " ~ omnimessages._weekday_of(local_minutes) ~ " " ~ branches | join(' ') ~ " end" %}
    {% set closed = [] %}
    {% for open, close in omnimessages._holidays() %}
        {% do closed.append(
            " and not (" ~ local_minutes ~ " >= " ~ open ~ " and " ~ local_minutes ~ " < " ~ close ~ ")"
        ) %}
    {% endfor %}
    {{ return("(" ~ office ~ closed | join('') ~ ")") }}
{% endmacro %}
