//! Queue disciplines in whole networks do what theory and their authors say.

mod classes;
mod management;
mod rates;
mod shared;
