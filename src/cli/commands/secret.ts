import { Command } from "commander";
import { docsFile } from "../../platform/docs-file.ts";
import { type DatabaseFlags, databaseOption } from "../database.ts";

type RotateFlags = DatabaseFlags & { readonly compromised?: true; readonly yes?: true };

export function secretCommand(): Command {
  const command = new Command("secret").description("Replace the master secret.");
  command
    .command("rotate")
    .description(
      "Replace the secret while servers run and everyone stays signed in. A secret in the key file is replaced at once. For GATEHOUSE_SECRET, this says what to do, and seals the signing keys with the new secret.",
    )
    .option(
      "--compromised",
      "the secret has leaked: drop it and the signing keys at once. Everyone must sign in again",
    )
    .option("-y, --yes", "do not ask before everyone is signed out")
    .addOption(databaseOption())
    .addHelpText("after", `\nStep by step: ${docsFile("secret.md")}`)
    .action(rotate);
  return command;
}

async function rotate(flags: RotateFlags): Promise<void> {
  const { rotateSecret, replaceLeakedSecret } = await import("../replace-secret.ts");
  await (flags.compromised ? replaceLeakedSecret(flags) : rotateSecret(flags));
}
