"""Texts for the tests of stories: what is one story in nearly the same words, and what only looks like it."""

from __future__ import annotations

WIRE = (
    "The harbour authority of Ortmund will close the Kettle Lock for eleven weeks from 4 August, cutting the inner "
    "basin off from the sea in the busiest part of the season. Divers found cracks up to 40 centimetres long in the "
    "lower gate during an inspection in May. The gate was built in 1958 and last overhauled in 1994.\n\n"
    "“We can close it now for eleven weeks or wait until it closes itself,” said Sanne Voss, who heads the authority. "
    "She put the cost of the repair at 6.3 million crowns, of which the state will pay a third.\n\n"
    "About 210 boats have their berths in the basin. Their owners may leave before 2 August and will find free places "
    "in Sundby and at the coal quay. Two excursion companies said they would sail from the outer pier. The third, "
    "Blue Funnel Trips, has asked for compensation.\n\n"
    "The fishing cooperative expects no losses, because its ice house was moved to the outer harbour in 2021. Its "
    "chair, Edvin Marsh, called the timing “the least bad of four bad ones”. The lock keeper's house, a listed "
    "building, will not be touched."
)
# Cut at the end and in the middle, as an editor does.
REPRINT = (
    WIRE.replace(" The gate was built in 1958 and last overhauled in 1994.", "")
    .replace(" The lock keeper's house, a listed building, will not be touched.", "")
    .replace(", cutting the inner basin off from the sea in the busiest part of the season", "")
)
LOCAL = "Anglers of the Sundby club have offered to ferry owners across the bay in their own boats every Saturday."
UPDATE = WIRE.replace(
    "She put the cost of the repair at 6.3 million crowns", "She now puts the cost of the repair at 7.1 million crowns"
) + (
    "\n\nOn Thursday evening the council's transport committee approved the closure by 9 votes to 2. Its members asked "
    "for a weekly report on the work."
)
# Another reporter at the same press conference.
RIVAL = (
    "Sailors in Ortmund face a summer without the Kettle Lock: from 4 August the inner basin will be shut for eleven "
    "weeks. The harbour authority told reporters on Wednesday that the lower gate, in service since 1958, has cracks "
    "of up to 40 centimetres. Repairing it will cost 6.3 million crowns.\n\n"
    "Its head, Sanne Voss, said the choice was simple. “We can close it now for eleven weeks or wait until it closes "
    "itself.” A third of the bill goes to the state.\n\n"
    "Owners of the roughly 210 boats inside must be out by 2 August. Sundby has offered berths, and so has the coal "
    "quay, though the latter has neither water nor power. “I shall spend my holiday carrying canisters,” said Ruben "
    "Hake, whose ketch has lain in the basin since 2009. Blue Funnel Trips wants compensation; Edvin Marsh of the "
    "fishing cooperative shrugged the closure off."
)


def quarter(name: str, passengers: str, change: str, profit: str, ships: str, date: str) -> str:
    """A company's results, four times a year in the same words."""
    return (
        f"Skarholm Ferries carried {passengers} passengers in the {name} quarter, {change} percent more than in the "
        f"same quarter of the year before, the company said on {date}. Its profit before tax was {profit} million "
        f"crowns.\n\nThe company runs {ships} ships between Ortmund, Sundby and the outer islands under a contract "
        "with the region that obliges it to keep every harbour open in winter. It is owned by the Grell family and by "
        "a pension fund of dock workers, and it has been listed on the Ortmund exchange since the family sold a part "
        "of its shares. Analysts who follow the company look above all at the number of passengers on the island "
        "routes, because the region pays by the traveller there and not by the sailing.\n\nThe board confirmed what "
        "it expects of the year as a whole and will present the results of the next quarter to shareholders in the "
        "assembly hall at the coal quay."
    )


QUARTERS = (
    quarter("first", "212,400", "3.1", "14.2", "17", "16 April"),
    quarter("second", "391,050", "4.8", "29.7", "18", "15 July"),
    quarter("third", "455,900", "1.9", "33.4", "18", "14 October"),
)


def preview(home: str, away: str, first: str, second: str) -> str:
    """What a club's paper prints before each match."""
    return (
        f"{home} meet {away} at the Weir Ground on Saturday. Kick-off is at three o'clock, and the gates open an hour "
        f"and a half before. {first} Tickets are sold at the club shop, at the tram kiosk and on the day at the north "
        f"gate. Children under twelve come in free with an adult. {second} Trams on the yellow line run every six "
        "minutes before and after the match. Bags larger than a sheet of paper cannot be brought into the ground."
    )


PREVIEWS = (
    preview(
        "Ortmund Rovers",
        "Castellmar",
        "The visitors have won their last four matches away and brought back their Danish goalkeeper, while the home "
        "side must do without Jory Pell, who broke a toe in training and will be out until the spring.",
        "Coach Britt Aaby said that she would rather lose by three than sit back for ninety minutes as in the autumn.",
    ),
    preview(
        "Ortmund Rovers",
        "Hollin Vale",
        "Neither team has scored since the winter break, and the referee, Udo Karst, showed five red cards when they "
        "last met in the cup on a pitch that the groundsman called a bog with lines on it.",
        "Captain Remy Oduya returns after his suspension, which the league had cut by a match on appeal last month.",
    ),
)
BRIEF = "Water will be turned off in Mill Street in Ortmund on Monday between nine and noon for work on the mains."


def weather(day: str, low: int, high: int) -> str:
    """A brief that says nearly the same every day."""
    return f"{day} will be dry in Ortmund with light winds from the west. Lowest {low}, highest {high} degrees."
