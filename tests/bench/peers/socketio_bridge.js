// socket.io: pages emit frames, subscribers are in one room. node socketio_bridge.js PORT
const http = require('http');
const { Server } = require('socket.io');
const translate = require('./translate.js');
const server = http.createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, pingInterval: 600000 });
io.on('connection', socket => {
  if (socket.handshake.query.sub) socket.join('events');
  socket.on('event', frame => io.to('events').emit('event', translate(frame)));
});
server.listen(+process.argv[2], '127.0.0.1', 4096);
