import { ConfigurationError, createOAuthServer } from "mcp-gatehouse";
import { signInBy } from "./sign-in.ts";
import { openUserTable, type UserTable } from "./user-table.ts";

// The people of a table that you have already. To try it, add a person, and then start the server:
//   echo 'a long password' | npm run -s example -- custom-auth add ada "Ada Lovelace" ada@example.com
//   npm run -s example -- custom-auth

const { USERS_DATABASE = "./users.db" } = process.env;
const [command, ...details] = process.argv.slice(2);

try {
  const users = openUserTable(USERS_DATABASE);
  if (command === undefined) await serve(users);
  else if (command === "add") await addUser(users, details);
  else
    throw new ConfigurationError(
      `The command ${command} is unknown. Say add, or nothing to start the server.`,
    );
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function serve(users: UserTable): Promise<void> {
  // The one line that brings the table in.
  const server = createOAuthServer("Custom auth", signInBy(users.check));
  server.registerTool("whoami", { description: "Who you are in our table." }, ({ person }) => ({
    structuredContent: { ...person },
    content: [{ type: "text", text: JSON.stringify(person) }],
  }));
  await server.listen();
}

async function addUser(users: UserTable, [username, name, email]: readonly string[]): Promise<void> {
  if (username === undefined) throw new ConfigurationError("The username is missing. Say add <username>.");
  // From standard input: everyone on this computer can read the command line.
  const password = (await new Response(ReadableStream.from(process.stdin)).text()).replace(/\r?\n$/, "");
  await users.add({ username, password, name, email });
  console.log(`${username} can sign in.`);
}
