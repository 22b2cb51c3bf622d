import { Command } from "commander";
import { type DatabaseFlags, databaseOption, withStore } from "../../database.ts";
import { print, printError } from "../../output.ts";
import { progressDisplay } from "../../progress.ts";

type ImportFlags = DatabaseFlags & { readonly skipBadLines?: true };

/** `gatehouse person import`. */
export function importCommand(): Command {
  return new Command("import")
    .argument("<file>")
    .description("Add the people of a file: a username, a colon, and a password or its hash in each line.")
    .option("--skip-bad-lines", "leave out lines that cannot be used, instead of the whole file")
    .addOption(databaseOption())
    .addHelpText(
      "after",
      `
Hashes are of bcrypt ($2a$, $2b$, $2y$), or PHC strings of argon2 or scrypt; each becomes argon2id when its person next
signs in. Blank lines and lines that begin with # are passed over. A password is hashed here, some ten a second.`,
    )
    .action(importFile);
}

async function importFile(file: string, { skipBadLines, ...flags }: ImportFlags): Promise<void> {
  const { importPeople, lineNumbers } = await import("../../import-people.ts");
  const progress = progressDisplay(process.stderr, () => performance.now());
  const { added, skipped } = await withStore(
    flags,
    async (store, _settings, clock) => {
      try {
        return await importPeople(
          {
            file,
            skipBadLines: skipBadLines === true,
            onProgress: (doing, rows, total) => progress.show({ doing, table: TABLES[doing], rows, total }),
            onBadLine(line, problem) {
              progress.end();
              printError(`line ${line}: ${problem}`);
            },
          },
          { store, clock },
        );
      } finally {
        progress.end();
      }
    },
    { mayMake: true },
  );
  const left = skipped.length === 0 ? "" : ` Left out ${lineNumbers(skipped)}.`;
  print(`Added ${added === 1 ? "1 person" : `${added.toLocaleString("en")} people`}.${left}`);
}

const TABLES = { checking: "lines", adding: "people" } as const;
