//! Starting a service, and stopping it without losing a request.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A service that serves.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Serves `router` at an address, until it is stopped. Port 0 takes a free one.
    ///
    /// # Errors
    /// If the address is taken, or not this machine's.
    pub async fn start(router: Router, address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        // Otherwise small answers wait for acknowledgements, some 40 ms.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::warn!("answers may be slow: {error}");
            }
        });
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            // A server that was dropped goes on serving.
            if stopped.await.is_err() {
                std::future::pending().await
            }
        });
        let serving = tokio::spawn(serve.into_future());
        Ok(Self { address, stop, serving })
    }

    /// Where it serves, as a URL without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more requests, and waits until those that run are answered, `within` at most. Says whether all were.
    ///
    /// # Errors
    /// If serving failed.
    pub async fn stop(self, within: Duration) -> io::Result<bool> {
        // It may have ended by itself.
        let _ = self.stop.send(());
        match timeout(within, self.serving).await {
            Ok(Ok(served)) => served.map(|()| true),
            Ok(Err(error)) => Err(io::Error::other(error)),
            Err(_) => Ok(false),
        }
    }
}
