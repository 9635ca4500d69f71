-- How do customers rate each template?
select
    template_id,
    count(stars) as ratings,
    avg(stars) as average_stars,
    {{ omnimessages.count_of('stars <= 2') }} as bad_ratings
from {{ ref('zns_notifications') }}
where stars is not null
group by 1
order by 1
