import { Command } from "commander";
import { docsFile } from "../../platform/docs-file.ts";
import { databaseOption } from "../database.ts";
import type { NetworkFlags } from "../network-settings.ts";
import { optionFlag } from "../option-flags.ts";

export function checkCommand(): Command {
  return new Command("check")
    .description(
      "Check what a server with these settings cannot reach from this host: its public URL, DNS, clients' metadata documents, the provider, the mail server (no mail is sent), a company's SAML metadata, the database. Settings that would keep it from starting stop the check. The exit code is 1 if something is wrong.",
    )
    .addOption(optionFlag("publicUrl"))
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
It reads what a server reads: GATEHOUSE_ variables, HTTPS_PROXY and NO_PROXY, those of a provider (OAUTH_ISSUER …) and of
sign-in (SIGN_IN …), from the environment or a .env file. The server should run, so that its public URL answers.

A host without direct internet: ${docsFile("behind-a-proxy.md")}`,
    )
    .action(check);
}

async function check(flags: NetworkFlags & { readonly json?: true }): Promise<void> {
  // Loaded here, so that help does not wait for it.
  const { checkNetworkCommand } = await import("../check-network.ts");
  await checkNetworkCommand(flags);
}
