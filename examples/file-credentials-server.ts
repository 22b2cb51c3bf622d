import { join } from "node:path";
import { ConfigurationError, createOAuthServer } from "mcp-gatehouse";
import { signInBy } from "./sign-in.ts";
import { usersOf } from "./users-file.ts";

// Another file: npm run -s example -- file-credentials-server /etc/my-app/users.txt
const file = process.argv[2] ?? join(import.meta.dirname, "users.txt");

try {
  const server = createOAuthServer("File credentials", signInBy(usersOf(file)));
  server.registerTool("whoami", { description: "The name that you signed in with." }, ({ person }) => ({
    content: [{ type: "text", text: person.id }],
  }));
  await server.listen();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  // What the operator can mend is one sentence, not a stack trace.
  console.error(error.message);
  process.exitCode = 1;
}
