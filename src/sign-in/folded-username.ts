/**
 * The name that guesses are counted under: all spellings that a directory might take for one. Databases forgive case, width,
 * accents, spaces and characters that are invisible (MySQL's default collation all but the spaces), so none of these must start
 * a new count. Two people who share a count lose little, so this folds more than the mark in the logs does.
 */
export function foldedUsername(username: string): string {
  const bare = foldCase(username)
    .normalize("NFKD")
    .replace(/[\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/gu, "");
  // Again: what was decomposed may have a case that the whole had not.
  return foldCase(bare);
}

/** There and back: "ß" and "ẞ" are "ss", and the two forms of a lower-case sigma are one. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase();
}
