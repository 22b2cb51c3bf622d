import { type DeclaredOption, fallbackOf, withParts } from "../../src/config/declared.ts";

/** A document in which the first table below a heading has one row for each of these options. */
export function withTable(document: string, heading: string, options: readonly DeclaredOption[]): string {
  const table = new RegExp(`(^## ${heading}\\n[^#|]*)(?:\\|.*\\n)+`, "m");
  if (!table.test(document)) throw new Error(`There is no table below "${heading}".`);
  const columns = COLUMNS.filter(({ cell }) => options.some((option) => cell(option) !== NOTHING));
  const rows = [
    columns.map(({ title }) => title),
    columns.map(() => "---"),
    ...options.map((option) => columns.map(({ cell }) => cell(option))),
  ];
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |\n`);
  return document.replace(table, (_, before: string) => before + lines.join(""));
}

const NOTHING = "–";

/** Of those that have something in one row at least. */
const COLUMNS: readonly { readonly title: string; readonly cell: (option: DeclaredOption) => string }[] = [
  { title: "option", cell: ({ path }) => code(path) },
  { title: "variable", cell: (option) => variablesOf(option).map(code).join(", ") || NOTHING },
  { title: "default", cell: (option) => (isRequired(option) ? NOTHING : fallbackOf(option)) },
  { title: "what it is", cell: ({ says, more }) => [says, more].filter(Boolean).join(" ") },
];

function variablesOf(option: DeclaredOption): readonly string[] {
  return withParts([option]).flatMap(({ variables = {} }) => Object.keys(variables));
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
  const lines = text.match(new RegExp(`\\S.{0,${width - 1}}(?= |$)`, "g")) ?? [];
  return lines.map((line) => `   * ${line}\n`).join("");
}
