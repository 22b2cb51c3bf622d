import { googleSignIn } from "../../config/sign-in/presets/google.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const googleGuide: SignInGuide = {
  definition: googleSignIn,
  examples: { clientId: "1234567890-abc.apps.googleusercontent.com" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri }) => ({
    about: `People sign in with their Google account. Anyone can have one, so say who may come in: with \`hd\` the people of your Google
Workspace domains, or with \`admit\`.`,
    console: "In the Google Cloud console",
    steps: [
      `At [console.cloud.google.com](https://console.cloud.google.com), choose a project at the top, or create one: **New project**. If it was never
   used for sign-in, **Google Auth Platform → Get started** asks for the name of the app and for the audience, which the next step is about.`,
      `**Google Auth Platform → Audience**: *Internal* is for the people of your Google Workspace only. *External* is for any Google account: **Publish
   app** on this page sets its status to *In production*. Until then, only the test users that you list there can sign in.`,
      `**Google Auth Platform → Clients → Create client**, type *Web application*. Its *Authorized redirect URI* is${pasted(redirectUri)}

   For a trial on your own computer, add the one that \`gatehouse demo\` prints: Google accepts \`http://\` for \`localhost\`.`,
      "Copy the **Client ID** and the **Client secret**. Google shows the secret only once.",
    ],
    notes: [
      `\`hd\` compares the claim of that name in the ID token, which only accounts of a Google Workspace domain have. The end of an address says less:
  anyone with an address in your domain can make a Google account with it.`,
      "An address counts only if Google calls it verified. In code, people are told apart by `sub`, which never changes, and not by their address.",
      "Google sends no groups. Use `admit.emails`, `admit.domains` or `hd`.",
      "Google can't be asked to let a person sign in again (`prompt=login`). Where a new sign-in is needed, coming back from Google counts.",
      "Google tells no one when a person signs out there (it has no back-channel logout). Use `isActive`, or `gatehouse person sign-out`.",
      "Only the scopes `openid`, `profile` and `email` are asked for. They need no verification by Google.",
    ],
  }),
};
