const { createServer } = require("node:net");

const [socketPath] = process.argv.slice(2);

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"]) {
  process.on(signal, () => console.log(`received ${signal}`));
}
process.stdin.setEncoding("utf8").on("data", (line) => console.log(`stdin ${line.trim()}`));
createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.write(String(process.pid));
}).listen(socketPath);
