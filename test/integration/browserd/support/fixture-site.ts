import { once } from "node:events";
import { createServer } from "node:http";

/** A small web site on loopback that remembers what was asked of it. */
export interface FixtureSite {
  readonly port: number;
  readonly origin: string;
  /** Request targets in the order of arrival, such as `/form?q=1`. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

const pages: Readonly<Record<string, string>> = {
  "/": `<title>Fixture</title><h1>Welcome</h1>
    <p id="count">Clicked 0 times</p>
    <button onclick="n=(window.n||0)+1;document.getElementById('count').textContent='Clicked '+n+' times'">Count</button>
    <button id="vanish" onclick="this.remove()">Vanish</button>
    <a href="/second?access_token=abc&page=2">Second page</a>
    <a href="/second" target="_blank">In a new tab</a>
    <button onclick="alert('Hello there')">Alert</button>
    <button disabled>Never</button>
    <iframe title="inner" src="/frame"></iframe>`,
  "/second": "<title>Second</title><h1>Second page</h1>",
  "/frame": `<button onclick="this.textContent='Frame clicked'">In the frame</button>`,
  "/form": `<title>Form</title><form action="/sent" method="get">
    <label>Name <input name="name" value="old"></label>
    <label>Password <input type="password" name="pw" value="hunter2-secret"></label>
    <label>Card <input autocomplete="cc-number" name="card" value="4111-secret"></label>
    <input type="checkbox" aria-label="Agree" checked>
    <textarea aria-label="Notes"></textarea>
    <button>Send</button>
    </form>`,
  "/sent": "<title>Sent</title><h1>Thank you</h1>",
  "/colours": `<title>Colours</title><body style="margin:0"><canvas id=c width=1280 height=3000></canvas><script>
    const g=c.getContext('2d');let s=7;for(let y=0;y<3000;y+=4)for(let x=0;x<1280;x+=4){s=(s*1103515245+12345)&0x7fffffff;
    g.fillStyle='#'+(s&0xffffff).toString(16).padStart(6,'0');g.fillRect(x,y,4,4)}</script>`,
  "/busy": `<title>Busy</title><button onclick="for(;;){}">Hang</button>`,
  "/never-ready": `<title>Slow</title><h1>Readable</h1><img src="/hangs">`,
};

/** Starts the site. Further pages: `/redirect?to=URL`, `/loads?url=URL` (a page with that image),
 * `/socket?url=URL` (a page that opens that WebSocket), `/hangs`. */
export async function startFixtureSite(): Promise<FixtureSite> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const url = new URL(request.url ?? "/", "http://fixture");
    if (url.pathname === "/hangs") return;
    if (url.pathname === "/redirect") {
      response.writeHead(302, { Location: url.searchParams.get("to") ?? "/" }).end();
      return;
    }
    if (url.pathname === "/loads") {
      const image = url.searchParams.get("url");
      response
        .writeHead(200, { "Content-Type": "text/html" })
        .end(`<title>Loads</title><h1>Loads</h1><img src="${image}"><a href="${image}">Follow</a>`);
      return;
    }
    if (url.pathname === "/socket") {
      const target = JSON.stringify(url.searchParams.get("url"));
      response
        .writeHead(200, { "Content-Type": "text/html" })
        .end(`<title>Socket</title><h1>waiting</h1><script>
          const socket = new WebSocket(${target}), say = (text) => document.querySelector("h1").textContent = text;
          socket.onopen = () => say("opened"); socket.onerror = () => say("failed");</script>`);
      return;
    }
    const page = pages[url.pathname];
    response
      .writeHead(page === undefined ? 404 : 200, { "Content-Type": "text/html; charset=utf-8" })
      .end(page ?? "<title>Missing</title>Not here");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The fixture site has no port.");
  return {
    port: address.port,
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
