/// What counts how much when an agent is looked for by words. The values were chosen on labelled
/// questions of several systems at once; none belongs to one of them.
package struct Weights: Sendable {
    package var name = 0.81
    package var keyword = 6.0
    package var useCase = 1.8
    package var description = 2.48
    package var parameter = 0.6
    /// Where the weight of a word in an agent's own words is half of all it can be.
    package var half = 4.0
    /// What two neighbours count beside each alone.
    package var pair = 0.7
    package var synonym = 0.45
    /// What a name or something between quotes counts.
    package var mention = 0.3
    /// What counts more that stands after `which`.
    package var focus = 1.5
    package var typo = 0.8
    /// What a word of asking counts that some agent names.
    package var asking = 0.56
    /// What a use case counts that says the whole question.
    package var likeness = 1.2
    /// What an unknown word takes away from that.
    package var unknown = 0.6
    /// What a keyword phrase counts that is in the question as it stands.
    package var phrase = 1.0
    /// What a phrase of mere function words counts that an agent names, `what is`.
    package var plainPhrase = 0.45
    /// What a word counts that is written as a name, where the agents write it as a word.
    package var capital = 0.35
    /// What a word counts beside a phrase that it is part of: `run` in `run out`.
    package var swallowed = 0.3
    /// What counts more that a clause begins with.
    package var opening = 1.35
    /// From where on one word of an agent's own is enough to be meant as well.
    package var strong = 1.65
    /// What a phrase of several words counts that stands for another, `out of date`.
    package var idiom = 0.7
    /// What a word counts that the system says says nothing: `database` where all is about one.
    package var plain = 0.3
    /// What a word counts behind `not`, where no agent says it so.
    package var negated = 0.3
    /// What more an agent needs where most of the question is unknown.
    package var uncovered = 0.2
    /// What an agent needs of its own in a clause where it is the best one by a hair.
    package var ownTop = 0.8
    /// What those chosen before then have outside of that clause.
    package var home = 1.0
    /// What the description of a parameter counts.
    package var parameterText = 0.4
    /// Below this no agent was meant.
    package var least = 0.26
    /// What another agent needs of its own words to be meant beside the best one.
    package var own = 1.35
    /// And of the best one's score.
    package var share = 0.32
    /// What it needs where it is the best one for a clause.
    package var ownClause = 0.35
    /// How much better it must then be than those that were chosen.
    package var lead = 1.25

    package init() {}
}
