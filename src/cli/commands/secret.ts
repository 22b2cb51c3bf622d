import { Command } from "commander";
import { type DatabaseFlags, databaseOption } from "../database.ts";

type RotateFlags = DatabaseFlags & { readonly compromised?: true; readonly yes?: true };

export function secretCommand(): Command {
  const command = new Command("secret").description("The master secret. Replace it.");
  command
    .command("rotate")
    .description(
      "Replace the secret while servers run and everybody stays signed in. The one in the key file is replaced at once; for one in GATEHOUSE_SECRET, this says what to do, and seals anew what the old one sealed.",
    )
    .option(
      "--compromised",
      "the secret has leaked: drop it and the signing keys at once. Everybody signs in again",
    )
    .option("-y, --yes", "do not ask before everybody is signed out")
    .addOption(databaseOption())
    .addHelpText("after", "\nThe whole of it, step by step: docs/secret.md")
    .action(rotate);
  return command;
}

async function rotate(flags: RotateFlags): Promise<void> {
  const { rotateSecret, replaceLeakedSecret } = await import("../replace-secret.ts");
  await (flags.compromised ? replaceLeakedSecret(flags) : rotateSecret(flags));
}
