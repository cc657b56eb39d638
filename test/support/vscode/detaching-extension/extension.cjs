const { spawn } = require("node:child_process");
const { mkdirSync, openSync } = require("node:fs");
const { connect } = require("node:net");
const path = require("node:path");
const vscode = require("vscode");

const folder = process.env.DETACHING_EXTENSION_FOLDER;
const socketPath = path.join(folder, "socket", "child.sock");

/** Connects to the running process, or starts it; the status bar shows the pids of both ends. */
exports.activate = async (context) => {
  const item = vscode.window.createStatusBarItem("pids", vscode.StatusBarAlignment.Left);
  context.subscriptions.push(item);
  const childPid = await askPid().catch(startChild);
  item.text = `child ${childPid} host ${process.pid}`;
  item.show();
};

function askPid() {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once("data", (data) => resolve(Number(data)));
    socket.once("error", reject);
  });
}

async function startChild() {
  mkdirSync(path.dirname(socketPath), { recursive: true, mode: 0o700 });
  const log = openSync(path.join(folder, "child.log"), "a", 0o600);
  const child = spawn(process.execPath, [path.join(__dirname, "child.cjs"), socketPath], {
    detached: true,
    stdio: ["pipe", log, log],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
  });
  child.stdin.end('{"token":"handed over on stdin"}\n');
  child.unref();
  for (;;) {
    try {
      return await askPid();
    } catch {
      // Not listening yet: the next round, until the test's own deadline.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
