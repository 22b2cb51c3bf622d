/**
 * Which schemes of their own apps may register, as data. What registers is opened by a page, never by a redirect:
 * see way-back.ts.
 */

/**
 * What is wrong with a scheme, in lower case and without its colon, as a clause; undefined where an app may register it.
 * Nobody's client is an exception, not even the operator's.
 */
export function schemeProblem(scheme: string): string | undefined {
  if (isLikeHttp(scheme)) return `the scheme ${scheme}: looks like http: or https:`;
  if (NEVER.has(scheme) || NEVER_PREFIXES.some((prefix) => scheme.startsWith(prefix))) {
    return `the scheme ${scheme}: is never allowed`;
  }
  return undefined;
}

/** A reverse domain name, as RFC 8252 §7.1 asks for: the app that has it is the one that owns the domain. */
export function isReverseDomain(scheme: string): boolean {
  return scheme.includes(".");
}

/** Whether it can be read as http or https: letters doubled, left out, swapped or set apart, or something around them. */
function isLikeHttp(scheme: string): boolean {
  const labels = scheme.split(/[^a-z]+/);
  return [labels.join(""), ...labels].some((letters) => LIKE_HTTP.test(letters));
}

const LIKE_HTTP = /^h+[tx]+p|^(?=.*t)(?=.*p)[htps]{3,}$/;

const NEVER: ReadonlySet<string> = new Set([
  // They run a script or hold a document of their own.
  ...["javascript", "vbscript", "livescript", "mocha", "data", "blob", "filesystem", "applescript", "jnlp"],
  ...["jnlps", "jar", "mhtml", "mk", "its", "cid", "mid"],
  // They open a terminal, a file, an installer or another computer.
  ...["shell", "terminal", "ssh", "sftp", "telnet", "rlogin", "tn3270", "file", "content", "package", "man"],
  ...["ghelp", "info", "apt", "snap", "appstream", "ftp", "ftps", "smb", "nfs", "afp", "vnc", "rdp", "dav"],
  ...["davs", "gopher", "ldap", "ldaps", "ws", "wss", "admin", "magnet", "shortcuts"],
  // They are the operating system's own apps.
  ...[
    "search",
    "help",
    "hcp",
    "calculator",
    "windowsdefender",
    "bingmaps",
    "mswindowsmusic",
    "mswindowsvideo",
  ],
  ...[
    "prefs",
    "settings",
    "market",
    "maps",
    "message",
    "messages",
    "imessage",
    "addressbook",
    "ical",
    "webcal",
  ],
  ...["callto", "mailto", "tel", "telprompt", "sms", "mms", "news", "nntp", "feed", "urn"],
  // They are the browser's own.
  ...[
    "about",
    "view-source",
    "resource",
    "res",
    "intent",
    "android-app",
    "devtools",
    "isolated-app",
    "wyciwyg",
  ],
  ...["opera", "brave", "vivaldi", "arc", "externalfile"],
]);

/** Families of operating systems and browsers: new members come with each release. */
const NEVER_PREFIXES: readonly string[] = [
  // Windows: ms-settings:, search-ms:, microsoft-edge:, microsoft.windows.camera:.
  ...["ms-", "search-ms", "microsoft-", "microsoft.", "windows.", "explorer.", "xbox", "zune"],
  // macOS and iOS: x-apple.systempreferences:, x-man-page:, itms-services: (which installs), App-Prefs:.
  ...["x-apple", "com.apple.", "x-man-page", "itms", "app-prefs", "app-settings", "macappstore", "icloud"],
  ...["facetime", "tel-", "sms-"],
  ...["com.android.", "android."],
  // Browsers: chrome-untrusted:, edge:, googlechromes:, x-safari-https:, moz-extension:, and what a page may register.
  ...[
    "chrome",
    "chromium",
    "googlechrome",
    "google-chrome",
    "edge",
    "firefox",
    "moz-",
    "safari-",
    "x-safari",
    "webkit-",
    "x-webkit",
    "web+",
  ],
];
