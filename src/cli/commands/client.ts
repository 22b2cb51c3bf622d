import { Command, Option } from "commander";
import {
  CLIENT_AUTHENTICATION_METHODS,
  type Client,
  type ClientAuthenticationMethod,
} from "../../core/client.ts";
import { CLIENT_CREDENTIALS } from "../../core/client-metadata.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { AuditEntry } from "../../core/events.ts";
import { randomId, randomSecret } from "../../platform/random.ts";
import type { ClientSummary, Store } from "../../store/store.ts";
import { type DatabaseFlags, databaseOption, withStore } from "../database.ts";
import { operatorEntry } from "../operator.ts";
import { bold, print, printJson, printPairs, printTable, time, visible } from "../output.ts";
import { readPublicKeys } from "../public-keys.ts";

/** How a client acts for the people who approve it. */
const FOR_PEOPLE = ["authorization_code", "refresh_token"];

type AddFlags = DatabaseFlags & {
  readonly id?: string;
  readonly name: string;
  readonly redirectUri?: readonly string[];
  readonly grant?: readonly string[];
  readonly scope?: readonly string[];
  readonly authMethod?: ClientAuthenticationMethod;
  readonly publicKey?: string;
  readonly jwksUri?: string;
  readonly json?: true;
};
type ListFlags = DatabaseFlags & { readonly json?: true };

export function clientCommand(): Command {
  const command = new Command("client").description(
    "The clients: add one beforehand, list, show and remove them.",
  );
  command
    .command("add")
    .description("Add a client that cannot register itself. Its secret is printed once.")
    .requiredOption("--name <name>", "the name that people see when they approve it")
    .option("--redirect-uri <uri...>", "where it sends people back to; may be given several times")
    .addOption(
      new Option(
        "--grant <type...>",
        `how it gets tokens: for people (${FOR_PEOPLE.join(", ")}; the default), or for itself`,
      ).choices([...FOR_PEOPLE, CLIENT_CREDENTIALS]),
    )
    .option(
      "--scope <scope...>",
      "what it may ask for (default: everything; for itself, what every request needs)",
    )
    .option("--id <client_id>", "its client_id (default: a random one)")
    .addOption(
      new Option(
        "--auth-method <method>",
        "how it proves itself (default: by its keys where it has some, else by a secret)",
      ).choices(CLIENT_AUTHENTICATION_METHODS),
    )
    .option("--public-key <file>", "its public key in PEM, or a JSON Web Key Set, for private_key_jwt")
    .option("--jwks-uri <url>", "where its public keys are, for private_key_jwt")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(add);
  command
    .command("list")
    .description("List the clients, newest first.")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(list);
  command
    .command("show <client_id>")
    .description("Show one client.")
    .addOption(databaseOption())
    .option("--json", "print JSON")
    .action(show);
  command
    .command("remove <client_id>")
    .description("Remove a client and revoke every grant that it has.")
    .addOption(databaseOption())
    .action(remove);
  return command;
}

async function add(flags: AddFlags): Promise<void> {
  const { preregisteredClient } = await import("../../core/preregistered-client.ts");
  const actsForPeople =
    !flags.grant?.includes(CLIENT_CREDENTIALS) || flags.grant.includes("authorization_code");
  if (actsForPeople && !flags.redirectUri) {
    throw new ConfigurationError(
      "--redirect-uri is missing: say where the client sends people back to. " +
        `One that acts for itself alone (--grant ${CLIENT_CREDENTIALS}) needs none.`,
    );
  }
  const hasKeys = flags.publicKey !== undefined || flags.jwksUri !== undefined;
  const method = flags.authMethod ?? (hasKeys ? "private_key_jwt" : "client_secret_basic");
  const secret = method.startsWith("client_secret") ? randomSecret() : undefined;
  const scopes = flags.scope?.flatMap((one) => one.split(" "));
  const client = preregisteredClient(
    {
      id: flags.id ?? randomId(),
      secret,
      name: flags.name,
      redirectUris: flags.redirectUri,
      authenticationMethod: method,
      jwks: flags.publicKey === undefined ? undefined : readPublicKeys(flags.publicKey),
      jwksUri: flags.jwksUri,
      grantTypes: flags.grant,
      scopes,
    },
    // Which scopes there are is the server's matter; unknown ones are narrowed away when they are asked for.
    { catalogue: { descriptions: new Map(scopes?.map((scope) => [scope, scope])) } },
    Date.now(),
  );
  const isNew = await withStore(
    flags,
    async (store) => {
      await refuseNamesake(client, store);
      return store.addClient(client, addedEntry(client));
    },
    { mayMake: true },
  );
  if (!isNew)
    throw new ConfigurationError(
      `There is a client ${client.id} already. Remove it first, or choose another --id.`,
    );
  if (flags.json)
    return printJson({ client_id: client.id, ...(secret === undefined ? {} : { client_secret: secret }) });
  printPairs([
    ["client_id", bold(client.id)],
    ...(secret === undefined ? [] : [["client_secret", bold(secret)] as const]),
  ]);
  if (secret !== undefined) print("\nThe secret is not kept and cannot be shown again. Store it now.");
}

function addedEntry({ id, name, grantTypes, scopes }: Client): AuditEntry {
  return operatorEntry("client.added", { client: id, client_name: name, grant_types: grantTypes, scopes });
}

/** It would be the subject that a person is already, and have what is theirs. */
async function refuseNamesake(client: Client, store: Pick<Store, "listGrants">): Promise<void> {
  if (!client.grantTypes.includes(CLIENT_CREDENTIALS)) return;
  const grants = await store.listGrants({ personId: client.id });
  if (grants.every(({ clientId }) => clientId === client.id)) return;
  throw new ConfigurationError(`There is a person with the id ${client.id}. Choose another --id.`);
}

async function list(flags: ListFlags): Promise<void> {
  const clients = await withStore(flags, (store) => store.listClients());
  if (flags.json) return printJson(clients.map(shown));
  if (clients.length === 0)
    return print("There are no clients yet. They register by themselves when they connect.");
  printTable(
    ["CLIENT", "NAME", "COMES BY", "PROVES ITSELF BY", "GRANTS", "SINCE"],
    clients.map((client) => [
      client.id,
      client.name ?? "-",
      COMES_BY[client.origin],
      client.authenticationMethod,
      String(client.liveGrants),
      time(client.createdAt),
    ]),
  );
}

const COMES_BY: Readonly<Record<Client["origin"], string>> = {
  registered: "registration",
  metadata_document: "metadata document",
  preregistered: "the operator",
};

async function show(id: string, flags: ListFlags): Promise<void> {
  const client = await withStore(flags, async (store) =>
    (await store.listClients()).find((one) => one.id === id),
  );
  if (!client) throw unknown(id);
  if (flags.json) return printJson(shown(client));
  printPairs([
    ["client_id", client.id],
    ["name", visible(client.name ?? "-")],
    ["comes by", COMES_BY[client.origin]],
    ["proves itself by", client.authenticationMethod],
    ["redirect URIs", client.redirectUris.join(", ") || "-"],
    ["grant types", client.grantTypes.join(", ")],
    ["scopes", client.scopes.join(" ") || scopesUnsaid(client)],
    ["live grants", String(client.liveGrants)],
    ["since", time(client.createdAt)],
  ]);
}

function scopesUnsaid(client: Client): string {
  return client.grantTypes.includes("authorization_code") ? "any" : "what every request needs";
}

/** Everything but the hash of the secret, which is nobody's business. */
function shown({ secretHash: _hash, ...client }: ClientSummary): object {
  return client;
}

async function remove(id: string, flags: DatabaseFlags): Promise<void> {
  const entry = operatorEntry("client.removed", { client: id });
  if (!(await withStore(flags, (store) => store.removeClient(id, entry.at, entry)))) throw unknown(id);
  print(`Removed ${id} and revoked its grants.`);
}

function unknown(id: string): ConfigurationError {
  return new ConfigurationError(`There is no client ${id}. See: gatehouse client list`);
}
