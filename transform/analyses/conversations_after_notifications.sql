-- After how many of each template's notifications did the recipient open a conversation?
select
    template_id,
    count(*) as notifications,
    {{ omnimessages.count_of("match_certainty = 'account and person'") }} as surely_followed,
    {{ omnimessages.count_of("match_certainty = 'person only'") }} as perhaps_followed
from {{ ref('customer_journey') }}
group by 1
order by 1
