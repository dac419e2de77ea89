// echo.cjs SOCKET: answers each line at once, and does nothing else.
const { createServer } = require("node:net")
createServer((client) => {
  client.setEncoding("utf8").on("error", () => {})
  client.on("data", () => client.write("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"))
}).listen(process.argv[2])
