// askStatus.cjs SOCKET: the least that a client in Node has to do: it asks for the status and prints the answer.
const { connect } = require("node:net")
const socket = connect(
  process.argv[2],
  () => socket.write("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n")
)
socket.setEncoding("utf8").on("data", (text) => {
  process.stdout.write(text)
  if (text.endsWith("\n")) socket.end()
})
