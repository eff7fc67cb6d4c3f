fn main() {
    hanse_protogen::compile(&["cart.proto"]);
}
