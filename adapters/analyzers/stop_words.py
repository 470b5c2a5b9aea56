"""Words that say nothing about what a text is about. "May" is missing: it is a month."""

_ENGLISH = """
a about above after again all also am an and any are arent as at be because been before being below between both but by
can cannot cant could couldnt did didnt do does doesnt doing dont down during each few for from further had hadnt has
hasnt have havent having he hed her here hers herself hes him himself his how i id if ill im in into is isnt it its
itself ive just let me more most much must my myself no nor not now of off on once only or other our ours ourselves out
over own same shall she shed shes should so some such than that thats the their theirs them themselves then there theres
these they theyre theyve this those through to too under until up upon us very was wasnt we were werent what whats when
where which while who whom whose why will with would wont you youd your youre yours yourself yourselves
"""

STOP_WORDS = {"english": frozenset(_ENGLISH.split())}
