/** A group of scopes on the consent page, as a person reads it. */
export type ShownGroup = {
  readonly legend: string;
  readonly scopes: readonly {
    readonly label: string;
    readonly isTicked: boolean;
    readonly isLocked: boolean;
  }[];
};

/** The groups of a consent page, in their order. */
export function scopeGroups(html: string): readonly ShownGroup[] {
  return html
    .split("<fieldset")
    .slice(1)
    .map((group) => ({
      legend: /<legend>(.*?)<\/legend>/.exec(group)?.[1] ?? "",
      scopes: [...group.matchAll(/<input type="checkbox"([^>]*)>\s*<label[^>]*>(.*?)<\/label>/g)].map(
        ([, attributes = "", label = ""]) => ({
          label,
          isTicked: / checked\b/.test(attributes),
          isLocked: / disabled\b/.test(attributes),
        }),
      ),
    }));
}
