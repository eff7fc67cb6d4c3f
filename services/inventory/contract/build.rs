fn main() {
    hanse_protogen::compile(&["inventory.proto"]);
}
