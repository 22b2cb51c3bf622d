/** A phrase that readers stumble over, and what says the same in the usual words. */
export type Entry = {
  /** A space in it also matches the end of a line. */
  readonly phrase: RegExp;
  readonly instead: string;
  /** Text that has the phrase. An entry that matches nothing guards nothing. */
  readonly seen: string;
};

/** The phrase as a pattern of whole words: one that begins in lower case also matches at the start of a sentence. */
function entry(phrase: string, instead: string, seen: string): Entry {
  const pattern = `(?<![\\w-])(?:${phrase})(?![\\w-])`.replaceAll(" ", "\\s+");
  return { phrase: new RegExp(pattern, /^[A-Z]/.test(phrase) ? "gu" : "giu"), instead, seen };
}

/** An entry comes in when a text had the phrase. The list stays short enough to read. */
export const WORD_LIST: readonly Entry[] = [
  entry("whoever|whomever", "anyone who", "Whoever has the secret can make tokens."),
  entry("nobody", "no one", "Nobody is signed out."),
  entry("somebody", "someone", "Somebody tries passwords."),
  entry("anybody", "anyone", "A client, which anybody can register."),
  entry("everybody", "everyone", "Everybody stays signed in."),
  entry("be it", "either", "Every request is answered, be it that there is none."),
  entry("slips?", "a typo or a mistake", "Anything else is a slip."),
  entry("the house", "the code base", "See the part on the house."),
  entry("one's own|of one's own", "your own", "It puts one's own values in."),
  entry(
    "of (my|your) own(?= ?[.,;:)|/]| (are|is|on|at|in|with|to|for|as|that)\\b)",
    "your own X",
    "Routes of your own are guarded.",
  ),
  entry("of (yours|ours|theirs)", "your X, our X, their X", "A function of yours reads them."),
  entry("belong together", "match", "They must be PEM, and belong together."),
  entry("(the|whole) dance", "flow", "The whole dance by hand."),
  entry("(cannot|can't|can’t) go on", "can't continue", "This request cannot go on."),
  entry("goes on|go on", "continue", "It goes on where it stopped."),
  entry("(stand|stands) more than once", "is repeated", "The parameter X stands more than once."),
  entry(
    "(stand|stands|stood|standing) (in|at|inside|before|behind|beside|under|there|by itself)",
    "is in, is in front of, is next to",
    "Three paths that stand at the root of the host.",
  ),
  entry("anew", "again, or re-", "The signing keys are sealed anew."),
  entry("whereupon", "and then", "The answer is 404, whereupon clients begin a session."),
  entry("likewise", "also", "414 at the sign-in, likewise."),
  entry("as ever", "as before", "At once, as ever."),
  entry("all the same", "anyway", "One that sends a secret all the same is refused."),
  entry("once more", "again", "The person signs in once more."),
  entry("need not", "don't have to", "You need not set it."),
  entry("(is|are) to (have|be)", "must have, must be", "It is to have room for all of them."),
  entry("at hand", "available", "It is at hand in your handlers."),
  entry("of no use|(is|are) of use", "useless, or useful", "Without the secret it is of no use."),
  entry("(are|is) none", "isn't one", "A shared audience is none."),
  entry(
    "(?<!there )(is|are) no (?!longer|more|less|fewer)\\p{L}+",
    "isn't a X, aren't Xs",
    "Access tokens that are no JWTs.",
  ),
  entry("in( the)? place of", "instead of", "The provider comes in place of checkUser."),
  entry("in (its|their|your) place", "instead", "Something answers in its place."),
  entry("unless( you| it is)? (say|said|told)( otherwise)?", "by default", "30 unless you say otherwise."),
  entry("as it was not tried", "not tested", "On paper, as it was not tried."),
  entry("\\p{L}+[’']s matter", "X does that", "Clients are the provider's matter."),
  entry("Else \\p{L}+", "Otherwise", "Else it is 503."),
  entry("by whatever", "by any", "Disable a client by whatever way it came."),
  entry("(take|takes|took) (it|them|(the|a)( new)? \\p{L}+) up", "use", "Servers take the new secret up."),
  entry("to the letter", "exactly", "Clients that keep to the letter of it."),
  entry("for a try", "to try it out", "Use it for a try, not for data."),
];
