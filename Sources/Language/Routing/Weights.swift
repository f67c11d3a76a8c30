/// What counts how much when an agent is looked for by words. The values were chosen on labelled
/// questions of several systems at once; none belongs to one of them.
package struct Weights: Sendable {
    package var name = 2.5
    package var keyword = 3.0
    package var useCase = 2.0
    package var description = 1.5
    package var parameter = 0.6
    /// Where the weight of a word in an agent's own words is half of all it can be.
    package var half = 2.0
    /// What two neighbours count beside each alone.
    package var pair = 0.7
    package var synonym = 0.7
    /// What a name or something between quotes counts.
    package var mention = 0.3
    /// What counts more that stands after `which`.
    package var focus = 1.3
    package var typo = 0.8
    /// What a word of asking counts that some agent names.
    package var asking = 0.45
    /// What a use case counts that says the whole question.
    package var likeness = 1.2
    /// What a keyword phrase counts that is in the question as it stands.
    package var phrase = 1.0
    /// Below this no agent was meant.
    package var least = 0.4
    /// What another agent needs of its own words to be meant beside the best one.
    package var own = 0.9
    /// And of the best one's score.
    package var share = 0.4
    /// What it needs where it is the best one for a clause.
    package var ownClause = 0.35
    /// How much better it must then be than those that were chosen.
    package var lead = 1.25

    package init() {}
}
