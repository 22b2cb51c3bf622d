import { type DeclaredOption, fallbackOf, withParts } from "../../src/config/declared.ts";

/** A document in which the first table below a heading has one row for each of these options. */
export function withTable(document: string, heading: string, options: readonly DeclaredOption[]): string {
  const head = "| option | variable | default | what it is |\n| --- | --- | --- | --- |\n";
  const section = new RegExp(`(^## ${heading}\\n[^#|]*)(?:\\|.*\\n)+`, "m");
  if (!section.test(document)) throw new Error(`There is no table below "${heading}".`);
  return document.replace(section, (_, before: string) => before + head + options.map(rowOf).join(""));
}

/** A source in which the type of this name has one member for each of these options, with documentation. */
export function withMembers(
  source: string,
  name: string,
  options: readonly DeclaredOption[],
  given: string,
): string {
  const body = new RegExp(`(^(?:export )?type ${name} = \\{\\n)[^]*?^(?=\\};)`, "m");
  if (!body.test(source)) throw new Error(`There is no type ${name}.`);
  const members = options.map((option) => documentationOf(option) + memberOf(option, given));
  return source.replace(body, (_, before: string) => before + members.join(""));
}

function rowOf(option: DeclaredOption): string {
  const variables = withParts([option]).flatMap(({ variables = {} }) => Object.keys(variables));
  const cells = [
    code(option.path),
    variables.map(code).join(", ") || "–",
    fallbackOf(option),
    [option.says, option.more].filter(Boolean).join(" "),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

function code(name: string): string {
  return `\`${name}\``;
}

function documentationOf(option: DeclaredOption): string {
  const sentence = isRequired(option) ? option.says : `${option.says} Default: ${fallbackOf(option)}.`;
  const line = `  /** ${sentence} */\n`;
  return line.length <= 121 ? line : `  /**\n${wrapped(sentence, 115)}   */\n`;
}

function memberOf(option: DeclaredOption, given: string): string {
  const { key, path, parts } = option;
  const name = path.slice(path.lastIndexOf(".") + 1);
  const member = typeof key === "symbol" ? `[${name}]` : name;
  const index = typeof key === "symbol" ? `typeof ${name}` : `"${name}"`;
  const type =
    parts.length > 0 ? `${name[0]?.toUpperCase()}${name.slice(1)}Options | undefined` : `${given}[${index}]`;
  return `  ${member}${isRequired(option) ? "" : "?"}: ${type};\n`;
}

function isRequired({ schema }: DeclaredOption): boolean {
  return !schema.safeParse(undefined).success;
}

function wrapped(text: string, width: number): string {
  const lines = text.split(" ").reduce<string[]>((all, word) => {
    const last = all.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) return [...all, word];
    return [...all.slice(0, -1), `${last} ${word}`];
  }, []);
  return lines.map((line) => `   * ${line}\n`).join("");
}
